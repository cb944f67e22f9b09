"""A page to read the OpenAPI documents of all services and to try them, without anything from another origin."""

from __future__ import annotations

from typing import Final

PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>MyCrypto API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1f24}
details{border:1px solid #d5dae0;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
b.m{display:inline-block;width:4.5rem;font-family:monospace}code,pre,textarea,input{font:13px/1.4 monospace}
pre{background:#f4f6f8;padding:.6rem;overflow:auto;border-radius:4px;max-height:24rem}
textarea{width:100%;height:7rem}input{width:24rem;max-width:100%}label{display:block;margin:.2rem 0}
</style></head><body><h1>MyCrypto API</h1>
<p><label>Bearer token <input id="token" autocomplete="off"></label></p>
<main id="list"></main>
<script src="/api/v1/docs.js"></script></body></html>
"""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What the page may load. The front allows no script within a page, so the page has its own beside it."""

SCRIPT: Final = """const make=(tag,text,to)=>{const e=document.createElement(tag);if(text)e.textContent=text;if(to)to.append(e);return e};
const example=(d,s)=>{while(s&&s.$ref)s=d.components.schemas[s.$ref.split('/').pop()];const o={};
 for(const n of (s&&s.required)||[])o[n]=(s.properties[n].enum||s.properties[n].examples||[''])[0];return o};
for(const from of ['/api/v1/openapi.json','/api/auth/openapi.json','/api/wallet/openapi.json']){
 const list=make('section','',document.getElementById('list')),link=make('a',from,make('p','',list));link.href=from;
 fetch(from).then(r=>r.ok?r.json():Promise.reject(r.status)).catch(e=>make('p','not to be had: '+e,list)&&null).then(d=>{if(!d)return;
 list.prepend(make('h2',d.info.title));make('p',d.info.description,list);
 for(const [path,methods] of Object.entries(d.paths))for(const [method,op] of Object.entries(methods)){
  const box=make('details','',list),head=make('summary','',box);
  const m=make('b',method.toUpperCase(),head);m.className='m';make('code',path,head);make('span',' \\u2014 '+op.summary,head);
  const inputs={};for(const p of op.parameters||[]){const l=make('label',p.name+' ',box);inputs[p.name]=[p.in,make('input','',l)];
   inputs[p.name][1].placeholder=p.description||''}
  let body;if(op.requestBody&&op.requestBody.content['application/json']){body=make('textarea','',box);
   body.value=JSON.stringify(example(d,op.requestBody.content['application/json'].schema),null,1)}
  const go=make('button','Send',box),out=make('pre','',box);
  go.onclick=async()=>{let url=path;const q=new URLSearchParams(),h={};
   for(const [n,[w,i]] of Object.entries(inputs)){if(w==='path')url=url.replace('{'+n+'}',encodeURIComponent(i.value));
    else if(i.value)w==='header'?h[n]=i.value:q.set(n,i.value)}
   const t=document.getElementById('token').value;if(t)h.Authorization='Bearer '+t;if(body)h['Content-Type']='application/json';
   const r=await fetch(url+(q.size?'?'+q:''),{method:method.toUpperCase(),headers:h,body:body&&body.value});
   const x=await r.text();let s=x;try{s=JSON.stringify(JSON.parse(x),null,1)}catch(e){s=x}out.textContent=r.status+'\\n'+s};
 }})}
"""
